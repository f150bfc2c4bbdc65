/** A campaign: open for pledges until its goal is reached or its time is up, all or nothing. */
import { defineModel, field, type Locked } from '@justscale/core'
import { Creator } from '../creator/creator.ts'

export const campaignStatuses = ['open', 'settling', 'completed', 'closing', 'failed'] as const

export class Campaign extends defineModel({
  name: 'Campaign',
  fields: {
    creator: field.ref(Creator),
    title: field.string().max(255),
    goal: field.decimal(12, 2),
    /** Sum of the pledges whose money is held or charged. */
    pledged: field.decimal(12, 2).default(0),
    /** How long it takes pledges, from its start on. */
    duration: field.duration(),
    status: field.enum('CampaignStatus', campaignStatuses).default('open'),
  },
}) {
  isFunded(): boolean {
    return this.pledged >= this.goal
  }

  /** Whether the pledge counts: after the goal or the deadline it does not. */
  add(this: Locked<Campaign>, amount: number): boolean {
    if (this.status !== 'open' || this.isFunded()) return false
    this.pledged += amount
    return true
  }

  subtract(this: Locked<Campaign>, amount: number): void {
    this.pledged -= amount
  }
}
