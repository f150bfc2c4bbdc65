/** What a backer gets for a pledge of at least `minimum`. */
import { defineModel, field } from '@justscale/core'
import { Campaign } from './campaign.ts'

export class RewardTier extends defineModel({
  name: 'RewardTier',
  fields: {
    campaign: field.ref(Campaign),
    title: field.string().max(255),
    minimum: field.decimal(12, 2),
  },
}) {}
