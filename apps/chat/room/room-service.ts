/** Rooms: what their members may do, and what the others see of it. */
import { defineService, ModelRepository, type Persistent, type Ref } from '@justscale/core'
import { HttpError } from '@justscale/http'
import type { SignedIn } from '../user/sign-in.ts'
import { User } from '../user/user.ts'
import { ChatMessage, Room } from './room.ts'
import { RoomFeed } from './room-feed.ts'

export class RoomService extends defineService({
  inject: { rooms: ModelRepository.of(Room), messages: ModelRepository.of(ChatMessage), feed: RoomFeed },
  factory: ({ rooms, messages, feed }) => {
    const isBanned = async (room: Ref<Room>, { user }: SignedIn): Promise<boolean> => {
      const found = await rooms.get(room)
      if (found === null) throw new HttpError(404, 'There is no such room')
      return found.banned.items.some((banned) => banned.equals(user))
    }
    return {
      isBanned,

      list: (): Promise<Persistent<Room>[]> => rooms.find(),

      create: (title: string, { user }: SignedIn): Promise<Persistent<Room>> =>
        rooms.insert({ title, owner: user, banned: [] }),

      history: (room: Ref<Room>): Promise<Persistent<ChatMessage>[]> =>
        messages.find({ where: ChatMessage.fields.room.eq(room), orderBy: ChatMessage.fields.at.asc(), limit: 100 }),

      /** Everything from now on. */
      events: (room: Ref<Room>, signal: AbortSignal) => feed.subscribe(room, { signal }),

      /** Throws 403 for who is banned. */
      async say(room: Ref<Room>, me: SignedIn, text: string): Promise<void> {
        if (await isBanned(room, me)) throw new HttpError(403, 'You are banned from this room')
        await messages.insert({ room, author: me.name, text, at: Temporal.Now.instant() })
        feed.publish(room, { kind: 'said', author: me.name, text })
      },

      /** Throws 403 for who does not own the room. */
      async setTopic(room: Ref<Room>, { user }: SignedIn, topic: string): Promise<void> {
        using locked = await rooms.lock(room)
        if (locked === null) throw new HttpError(404, 'There is no such room')
        if (!locked.owner.equals(user)) throw new HttpError(403, 'Only the owner sets the topic')
        locked.topic = topic
        await rooms.save(locked)
        feed.publish(room, { kind: 'topic', topic })
      },

      /** Throws 403 for who does not own the room. */
      async ban(room: Ref<Room>, { user }: SignedIn, banned: Ref<User>): Promise<void> {
        const { name } = await User.ref(banned)
        using locked = await rooms.lock(room)
        if (locked === null) throw new HttpError(404, 'There is no such room')
        if (!locked.owner.equals(user)) throw new HttpError(403, 'Only the owner bans')
        locked.ban([...locked.banned.items, User.ref(banned)])
        await rooms.save(locked)
        feed.publish(room, { kind: 'banned', user: name })
      },
    }
  },
}) {}
