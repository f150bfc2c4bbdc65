/** What the app is made of, whatever it is stored in. */
import { createFeatureBuilder, ModelRepository } from '@justscale/core'
import { Link } from './link/link.ts'
import { links } from './link/link-controller.ts'
import { LinkService } from './link/link-service.ts'

export class UrlShortener extends createFeatureBuilder()
  .name('UrlShortener')
  .requires(ModelRepository.of(Link))
  .provides((app) => app.add(LinkService).add(links)) {}
