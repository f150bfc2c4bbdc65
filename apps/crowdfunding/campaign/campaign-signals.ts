/** What happens to a campaign. */
import { defineSignals } from '@justscale/core/process'
import { Campaign } from './campaign.ts'

export class CampaignSignals extends defineSignals((signal) => ({
  fullyFunded: signal('/campaign/:campaign/fullyFunded').types({ campaign: Campaign }),
})) {}
