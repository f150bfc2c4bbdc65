/** What happens to a pledge. */
import { defineSignals } from '@justscale/core/process'
import { Pledge } from './pledge.ts'

export class PledgeSignals extends defineSignals((signal) => ({
  cancelled: signal('/pledge/:pledge/cancelled').types({ pledge: Pledge }),
  charged: signal('/pledge/:pledge/charged').types({ pledge: Pledge }),
  refunded: signal('/pledge/:pledge/refunded').types({ pledge: Pledge }),
})) {}
