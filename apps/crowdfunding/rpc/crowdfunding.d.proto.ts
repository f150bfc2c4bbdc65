// Types of crowdfunding.proto, made by @justscale/rpc. Not for editing.
import type { GenEnum, GenFile, GenMessage, Message, RefText, RpcContract, wkt } from '@justscale/rpc/runtime'

export type CreateCampaignRequest = Message<'crowdfunding.v1.CreateCampaignRequest'> & {
  creator: RefText<'Creator'>
  title: string
  goal: number
  /** How long it takes pledges. Default 30 days. */
  duration?: wkt.Duration
  tiers: CreateCampaignRequest_Tier[]
}
export declare const CreateCampaignRequestSchema: GenMessage<CreateCampaignRequest>

export type CreateCampaignRequest_Tier = Message<'crowdfunding.v1.CreateCampaignRequest.Tier'> & {
  title: string
  minimum: number
}
export declare const CreateCampaignRequest_TierSchema: GenMessage<CreateCampaignRequest_Tier>

export type Campaign = Message<'crowdfunding.v1.Campaign'> & {
  self: RefText<'Campaign'>
  creator: RefText<'Creator'>
  title: string
  goal: number
  pledged: number
  status: CampaignStatus
}
export declare const CampaignSchema: GenMessage<Campaign>

export type ShowCampaignRequest = Message<'crowdfunding.v1.ShowCampaignRequest'> & {
  campaign: RefText<'Campaign'>
}
export declare const ShowCampaignRequestSchema: GenMessage<ShowCampaignRequest>

export type PledgeRequest = Message<'crowdfunding.v1.PledgeRequest'> & {
  campaign: RefText<'Campaign'>
  backer: RefText<'Backer'>
  tier?: RefText<'RewardTier'>
  amount: number
}
export declare const PledgeRequestSchema: GenMessage<PledgeRequest>

export type PledgeReply = Message<'crowdfunding.v1.PledgeReply'> & {
  self: RefText<'Pledge'>
}
export declare const PledgeReplySchema: GenMessage<PledgeReply>

export type CancelPledgeRequest = Message<'crowdfunding.v1.CancelPledgeRequest'> & {
  pledge: RefText<'Pledge'>
}
export declare const CancelPledgeRequestSchema: GenMessage<CancelPledgeRequest>

export type CancelPledgeReply = Message<'crowdfunding.v1.CancelPledgeReply'> & {}
export declare const CancelPledgeReplySchema: GenMessage<CancelPledgeReply>

export type FollowCampaignRequest = Message<'crowdfunding.v1.FollowCampaignRequest'> & {
  campaign: RefText<'Campaign'>
}
export declare const FollowCampaignRequestSchema: GenMessage<FollowCampaignRequest>

export type CampaignChange = Message<'crowdfunding.v1.CampaignChange'> & {
  campaign?: Campaign
  /** COMPLETED or FAILED in the last message, else unspecified. */
  outcome: CampaignStatus
}
export declare const CampaignChangeSchema: GenMessage<CampaignChange>

export declare enum CampaignStatus {
  UNSPECIFIED = 0,
  OPEN = 1,
  SETTLING = 2,
  COMPLETED = 3,
  CLOSING = 4,
  FAILED = 5,
}
export declare const CampaignStatusSchema: GenEnum<CampaignStatus>

/** Campaigns and pledges, as the HTTP API has them. References are the same opaque texts there and here. */
export declare const CrowdfundingContract: RpcContract<{
  /** Creates a campaign and starts its life. */
  createCampaign: { methodKind: 'unary'; input: typeof CreateCampaignRequestSchema; output: typeof CampaignSchema }
  showCampaign: { methodKind: 'unary'; input: typeof ShowCampaignRequestSchema; output: typeof CampaignSchema }
  /** Makes a pledge and starts its life: its money is held soon. */
  pledge: { methodKind: 'unary'; input: typeof PledgeRequestSchema; output: typeof PledgeReplySchema }
  /** Takes a pledge back. FAILED_PRECONDITION when it is too late. */
  cancelPledge: { methodKind: 'unary'; input: typeof CancelPledgeRequestSchema; output: typeof CancelPledgeReplySchema }
  /** The campaign now and after each change. The last message has its outcome: by then its life has ended. */
  followCampaign: { methodKind: 'server_streaming'; input: typeof FollowCampaignRequestSchema; output: typeof CampaignChangeSchema }
}>

export declare const protoFile: GenFile
