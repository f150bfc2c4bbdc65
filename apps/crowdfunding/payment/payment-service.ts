/**
 * Moves money for a pledge, exactly once: the provider gets the step's idempotency key, and the payment's row, the
 * pledge's new status and the signal about it commit together with the step's outcome.
 */
import { defineService, ModelRepository, type Locked, type Ref } from '@justscale/core'
import { currentStep } from '@justscale/core/process'
import { Pledge } from '../pledge/pledge.ts'
import { PledgeSignals } from '../pledge/pledge-signals.ts'
import { Payment, type PaymentKind } from './payment.ts'
import { PaymentProvider } from './payment-provider.ts'

export class PaymentService extends defineService({
  inject: {
    provider: PaymentProvider,
    payments: ModelRepository.of(Payment),
    pledges: ModelRepository.of(Pledge),
    signals: PledgeSignals,
  },
  factory: ({ provider, payments, pledges, signals }) => {
    const perform = async (
      kind: PaymentKind,
      pledge: Ref<Pledge>,
      settle: (locked: Locked<Pledge>) => Promise<void>,
    ) => {
      const key = currentStep()?.idempotencyKey
      if (key === undefined) throw new Error(`A ${kind} needs a process, which gives it its idempotency key`)
      const subject = Pledge.ref(pledge).identifier
      const found = await pledges.get(pledge)
      if (!found) throw new Error(`There is no pledge ${subject} to ${kind}`)
      const { receipt } = await provider.perform({ kind, key, subject, amount: found.amount })
      await using locked = await pledges.lock(pledge)
      if (!locked) throw new Error(`The pledge ${subject} is gone`)
      await payments.insert({ pledge: locked, kind, amount: locked.amount, key, receipt })
      await settle(locked)
      await pledges.save(locked)
    }

    return {
      /** Reserves the money on the backer's side. */
      async hold(pledge: Ref<Pledge>): Promise<void> {
        await perform('hold', pledge, async () => {})
      },
      /** Takes the money that is held. */
      async charge(pledge: Ref<Pledge>): Promise<void> {
        await perform('charge', pledge, async (locked) => {
          locked.status = 'charged'
          await signals.charged({ pledge: locked })
        })
      },
      /** Gives the money back. */
      async refund(pledge: Ref<Pledge>): Promise<void> {
        await perform('refund', pledge, async (locked) => {
          if (locked.status !== 'cancelled') locked.status = 'refunded'
          await signals.refunded({ pledge: locked })
        })
      },
    }
  },
}) {}
