/** What the app is made of, whatever it is stored in. */
import { ChannelBackend, createFeatureBuilder, ModelRepository } from '@justscale/core'
import { page } from './page/page-controller.ts'
import { banLife } from './room/ban-life.ts'
import { Ban, ChatMessage, Room } from './room/room.ts'
import { rooms } from './room/room-controller.ts'
import { LobbyFeed, RoomFeed } from './room/room-feed.ts'
import { RoomService } from './room/room-service.ts'
import { ChatSecret } from './user/chat-secret.ts'
import { SignIn } from './user/sign-in.ts'
import { User } from './user/user.ts'
import { users } from './user/user-controller.ts'

export class Chat extends createFeatureBuilder()
  .name('Chat')
  .requires(ModelRepository.of(User))
  .requires(ModelRepository.of(Room))
  .requires(ModelRepository.of(ChatMessage))
  .requires(ModelRepository.of(Ban))
  .requires(ChannelBackend)
  .requires(ChatSecret)
  .provides((app) =>
    app.add(SignIn).add(RoomFeed).add(LobbyFeed).add(RoomService).add(banLife).add(users).add(rooms).add(page),
  ) {}
