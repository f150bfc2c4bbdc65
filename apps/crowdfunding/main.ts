/** The crowdfunding app on Postgres: `bun run dev`, or `bun main.ts` with `DATABASE_URL` set. */
import { bindRepository, defineApp, JustScale, ModelRepository } from '@justscale/core'
import { HttpFeature, OpenApiFeature } from '@justscale/http'
import {
  createPgModel,
  createPgRepository,
  PostgresFeature,
  PostgresProcessFeature,
  PostgresSchemaFeature,
} from '@justscale/postgres'
import { RpcFeature } from '@justscale/rpc'
import { Backer } from './backer/backer.ts'
import { Campaign } from './campaign/campaign.ts'
import { RewardTier } from './campaign/reward-tier.ts'
import { Creator } from './creator/creator.ts'
import { Crowdfunding } from './crowdfunding.ts'
import { CrowdfundingApi } from './crowdfunding-api.ts'
import type { AppEnv } from './env/environment.ts'
import { Payment } from './payment/payment.ts'
import { Pledge } from './pledge/pledge.ts'
import { crowdfundingRpc } from './rpc/crowdfunding-rpc.ts'

export default defineApp(import.meta, (env: AppEnv) =>
  JustScale()
    .named('crowdfunding')
    .add(env)
    .add(PostgresFeature)
    .add(bindRepository(ModelRepository.of(Creator), createPgRepository(createPgModel(Creator))))
    .add(bindRepository(ModelRepository.of(Campaign), createPgRepository(createPgModel(Campaign))))
    .add(bindRepository(ModelRepository.of(RewardTier), createPgRepository(createPgModel(RewardTier))))
    .add(bindRepository(ModelRepository.of(Backer), createPgRepository(createPgModel(Backer))))
    .add(bindRepository(ModelRepository.of(Pledge), createPgRepository(createPgModel(Pledge))))
    .add(bindRepository(ModelRepository.of(Payment), createPgRepository(createPgModel(Payment))))
    .add(PostgresSchemaFeature)
    .add(PostgresProcessFeature)
    .add(Crowdfunding)
    .add(CrowdfundingApi)
    .add(crowdfundingRpc)
    .add(RpcFeature)
    .add(OpenApiFeature({ title: 'Crowdfunding' }))
    .add(HttpFeature),
)
