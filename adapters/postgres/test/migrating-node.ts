/** An OS process that boots an app with pending migrations: it says `started` when it has, and ends when its input does. */
import { bindRepository, defineModel, field, JustScale, ModelRepository } from '@justscale/core'
import { createPgModel, createPgRepository, PostgresFeature, PostgresMigrationFeature } from '../index.ts'

class Visit extends defineModel({ name: 'Visit', fields: { node: field.string() } }) {}

const [url = '', folder = '', name = ''] = process.argv.slice(2)
const app = JustScale()
  .named(name)
  .add(PostgresFeature({ url }))
  .add(PostgresMigrationFeature({ folder, runAtStart: true }))
  .add(bindRepository(ModelRepository.of(Visit), createPgRepository(createPgModel(Visit))))
  .build()
await app.start()
const visits = await app.resolve(ModelRepository.of(Visit))
await app.run(() => visits.insert({ node: name }))
console.log('started')
for await (const _ of Bun.stdin.stream());
await app.stop()
