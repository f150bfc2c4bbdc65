/** The domain over HTTP. */
import { createFeatureBuilder, ModelRepository } from '@justscale/core'
import { Backer } from './backer/backer.ts'
import { backers } from './backer/backer-controller.ts'
import { campaigns } from './campaign/campaign-controller.ts'
import { Creator } from './creator/creator.ts'
import { creators } from './creator/creator-controller.ts'
import { Crowdfunding } from './crowdfunding.ts'
import { pledges } from './pledge/pledge-controller.ts'

export class CrowdfundingApi extends createFeatureBuilder()
  .name('CrowdfundingApi')
  .requires(Crowdfunding)
  .requires(ModelRepository.of(Creator))
  .requires(ModelRepository.of(Backer))
  .provides((app) => app.add(creators).add(backers).add(campaigns).add(pledges)) {}
