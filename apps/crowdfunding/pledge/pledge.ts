/** A backer's promise to a campaign. The money is held at once, and charged or given back when the campaign ends. */
import { defineModel, field } from '@justscale/core'
import { Backer } from '../backer/backer.ts'
import { Campaign } from '../campaign/campaign.ts'
import { RewardTier } from '../campaign/reward-tier.ts'

export const pledgeStatuses = ['pending', 'held', 'cancelled', 'charged', 'refunded'] as const

export class Pledge extends defineModel({
  name: 'Pledge',
  fields: {
    campaign: field.ref(Campaign),
    backer: field.ref(Backer),
    tier: field.ref(RewardTier).optional(),
    amount: field.decimal(12, 2),
    status: field.enum('PledgeStatus', pledgeStatuses).default('pending'),
  },
}) {}
