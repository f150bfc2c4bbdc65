/** Shortening and resolving. */
import { defineService, ModelRepository, UniqueViolationError, type Persistent } from '@justscale/core'
import { HttpError } from '@justscale/http'
import { Link } from './link.ts'

export class LinkService extends defineService({
  inject: { links: ModelRepository.of(Link) },
  factory: ({ links }) => ({
    /** Throws 409 when the slug is taken. */
    async shorten(target: string, slug: string = randomSlug()): Promise<Persistent<Link>> {
      try {
        return await links.insert({ slug, target })
      } catch (error) {
        if (error instanceof UniqueViolationError) throw new HttpError(409, `The slug ${slug} is taken`)
        throw error
      }
    },

    /** Throws 404 when there is no such slug. */
    async resolve(slug: string): Promise<string> {
      const link = await links.findOne({ where: Link.fields.slug.eq(slug) })
      if (link === null) throw new HttpError(404, `There is no link ${slug}`)
      return link.target
    },
  }),
}) {}

/** Eight characters, 48 random bits. */
function randomSlug(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(6))).toString('base64url')
}
