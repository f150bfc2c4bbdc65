/** The URL shortener on Postgres: `bun main.ts` with `DATABASE_URL` set, on as many nodes as you like. */
import { bindRepository, defineApp, JustScale, ModelRepository } from '@justscale/core'
import { HttpFeature } from '@justscale/http'
import { createPgModel, createPgRepository, PostgresFeature, PostgresSchemaFeature } from '@justscale/postgres'
import { Link } from './link/link.ts'
import { UrlShortener } from './url-shortener.ts'

export default defineApp(import.meta, () =>
  JustScale()
    .named('url-shortener')
    .add(PostgresFeature)
    .add(bindRepository(ModelRepository.of(Link), createPgRepository(createPgModel(Link))))
    .add(PostgresSchemaFeature)
    .add(UrlShortener)
    .add(HttpFeature),
)
