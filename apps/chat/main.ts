/** The chat app on Postgres: `bun main.ts` with `DATABASE_URL` and `CHAT_SECRET` set, on as many nodes as you like. */
import { bindInstance, bindRepository, defineApp, JustScale, ModelRepository } from '@justscale/core'
import { HttpFeature, OpenApiFeature } from '@justscale/http'
import {
  createPgModel,
  createPgRepository,
  PostgresChannelFeature,
  PostgresFeature,
  PostgresProcessFeature,
  PostgresSchemaFeature,
} from '@justscale/postgres'
import { Chat } from './chat.ts'
import { Ban, ChatMessage, Room } from './room/room.ts'
import { ChatSecret } from './user/chat-secret.ts'
import { User } from './user/user.ts'

export default defineApp(import.meta, () =>
  JustScale()
    .named('chat')
    .add(PostgresFeature)
    .add(bindRepository(ModelRepository.of(User), createPgRepository(createPgModel(User))))
    .add(bindRepository(ModelRepository.of(Room), createPgRepository(createPgModel(Room))))
    .add(bindRepository(ModelRepository.of(ChatMessage), createPgRepository(createPgModel(ChatMessage))))
    .add(bindRepository(ModelRepository.of(Ban), createPgRepository(createPgModel(Ban))))
    .add(PostgresSchemaFeature)
    .add(PostgresProcessFeature)
    .add(PostgresChannelFeature)
    .add(bindInstance(ChatSecret, { value: Bun.env['CHAT_SECRET'] ?? crypto.randomUUID() }))
    .add(Chat)
    .add(OpenApiFeature({ title: 'Chat', securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } }))
    .add(HttpFeature),
)
