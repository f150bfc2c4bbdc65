/** Pledges over HTTP: make one, list a campaign's, show one, take one back. */
import { createController, refOf, transaction, view } from '@justscale/core'
import { Get, Post } from '@justscale/http'
import { z } from 'zod'
import { Backer } from '../backer/backer.ts'
import { Campaign } from '../campaign/campaign.ts'
import { RewardTier } from '../campaign/reward-tier.ts'
import { Pledge } from './pledge.ts'
import { pledgeLife } from './pledge-life.ts'
import { PledgeService } from './pledge-service.ts'

export const PledgeView = view(Pledge, { self: true, fields: ['campaign', 'backer', 'tier', 'amount', 'status'] })

const NewPledge = z.object({
  backer: refOf(Backer),
  tier: refOf(RewardTier).optional(),
  amount: z.number().positive().multipleOf(0.01),
})

export const pledges = createController({
  name: 'pledges',
  inject: { svc: PledgeService, life: pledgeLife },
  routes: ({ svc, life }) => ({
    create: Post('/campaigns/:campaign/pledges')
      .types({ Campaign })
      .body(NewPledge)
      .returns(202, PledgeView)
      .handle(async ({ campaign, body, res }) => {
        const refusal = await svc.refusal({ ...body, campaign })
        if (refusal !== undefined) return res.error(refusal, 422)
        const created = await transaction(async () => {
          const pledge = await svc.create({ ...body, campaign })
          await life({ pledge })
          return pledge
        })
        return res.status(202).json(created)
      }),
    list: Get('/campaigns/:campaign/pledges')
      .types({ Campaign })
      .returns(200, z.array(PledgeView))
      .handle(({ campaign }) => svc.of(campaign)),
    show: Get('/pledges/:pledge')
      .types({ Pledge })
      .returns(200, PledgeView)
      .handle(async ({ pledge }) => await pledge),
    cancel: Post('/pledges/:pledge/cancel')
      .types({ Pledge })
      .returns(204)
      .handle(async ({ pledge, res }) =>
        (await svc.cancel(pledge)) ? res.status(204).end() : res.error('It is too late to cancel this pledge', 409),
      ),
  }),
})
