/** Rooms: what their members may do, and what the others see of it. */
import { defineService, ModelRepository, q, type Locked, type Persistent, type Ref } from '@justscale/core'
import { HttpError } from '@justscale/http'
import type { SignedIn } from '../user/sign-in.ts'
import { User } from '../user/user.ts'
import { Ban, ChatMessage, Room } from './room.ts'
import { LobbyFeed, RoomFeed } from './room-feed.ts'

export class RoomService extends defineService({
  inject: {
    rooms: ModelRepository.of(Room),
    messages: ModelRepository.of(ChatMessage),
    bans: ModelRepository.of(Ban),
    feed: RoomFeed,
    lobby: LobbyFeed,
  },
  factory: ({ rooms, messages, bans, feed, lobby }) => {
    const noRoom = () => new HttpError(404, 'There is no such room')
    const existing = async (room: Ref<Room>): Promise<Persistent<Room>> => {
      const found = await rooms.get(room)
      if (found === null) throw noRoom()
      return found
    }
    const banOf = (room: Ref<Room>, user: Ref<User>): Promise<Persistent<Ban> | null> =>
      bans.findOne({ where: q.and(Ban.fields.room.eq(room), Ban.fields.user.eq(user)) })
    const ownedBy = (locked: Locked<Room> | null, { user }: SignedIn, what: string): Locked<Room> => {
      if (locked === null) throw noRoom()
      if (!locked.owner.equals(user)) throw new HttpError(403, `Only the owner ${what}`)
      return locked
    }
    return {
      list: (): Promise<Persistent<Room>[]> => rooms.find({ orderBy: Room.fields.title.asc(), limit: 100 }),

      async create(title: string, { user }: SignedIn): Promise<Persistent<Room>> {
        const room = await rooms.insert({ title, owner: user, members: [user] })
        lobby.publish('rooms', { kind: 'opened', title })
        return room
      },

      /** Rooms that are opened from now on. */
      opened: (signal: AbortSignal) => lobby.subscribe('rooms', { signal }),

      show: existing,

      members: async (room: Ref<Room>): Promise<readonly Persistent<User>[]> => (await existing(room)).members,

      isMember: async (room: Ref<Room>, { user }: SignedIn): Promise<boolean> => (await existing(room)).has(user),

      history: async (room: Ref<Room>): Promise<Persistent<ChatMessage>[]> =>
        messages.find({
          where: ChatMessage.fields.room.eq(await existing(room)),
          orderBy: ChatMessage.fields.at.asc(),
          limit: 100,
        }),

      /** Everything from now on. */
      events: (room: Ref<Room>, signal: AbortSignal) => feed.subscribe(room, { signal }),

      /** Throws 403 for who is banned. */
      async join(room: Ref<Room>, { user, name }: SignedIn): Promise<void> {
        await using locked = await rooms.lock(room)
        if (locked === null) throw noRoom()
        if ((await banOf(room, user)) !== null) throw new HttpError(403, 'You are banned from this room')
        if (locked.has(user)) return
        locked.welcome(user)
        await rooms.save(locked)
        feed.publish(room, { kind: 'joined', user: name })
      },

      /** Throws 403 for who is no member. */
      async say(room: Ref<Room>, { user, name }: SignedIn, text: string): Promise<void> {
        if (!(await existing(room)).has(user)) throw new HttpError(403, 'Join the room first')
        await messages.insert({ room, author: name, text, at: Temporal.Now.instant() })
        feed.publish(room, { kind: 'said', author: name, text })
      },

      /** Throws 403 for who does not own the room. */
      async setTopic(room: Ref<Room>, me: SignedIn, topic: string): Promise<void> {
        await using locked = ownedBy(await rooms.lock(room), me, 'sets the topic')
        locked.topic = topic
        await rooms.save(locked)
        feed.publish(room, { kind: 'topic', topic })
      },

      /** For so many minutes, or for ever. Throws 403 for who does not own the room, 409 for its owner and for who is banned. */
      async ban(room: Ref<Room>, me: SignedIn, banned: Ref<User>, minutes: number | undefined): Promise<void> {
        const { name } = await User.ref(banned)
        await using locked = ownedBy(await rooms.lock(room), me, 'bans')
        if (locked.owner.equals(User.ref(banned))) throw new HttpError(409, 'The owner cannot be banned')
        if ((await banOf(room, banned)) !== null) throw new HttpError(409, `${name} is banned already`)
        const until =
          minutes === undefined ? undefined : Temporal.Now.instant().add({ seconds: Math.ceil(minutes * 60) })
        await bans.insert({ room, user: banned, ...(until !== undefined && { until }) })
        locked.expel(banned)
        await rooms.save(locked)
        feed.publish(room, { kind: 'banned', user: name })
      },

      /** How long the ban still is; 0 without one. */
      async secondsBanned(room: Ref<Room>, user: Ref<User>): Promise<number> {
        const ban = await banOf(room, user)
        return ban?.until === undefined ? 0 : Math.max(0, ban.until.since(Temporal.Now.instant()).total('seconds'))
      },

      async pardon(room: Ref<Room>, user: Ref<User>): Promise<void> {
        const { name } = await User.ref(user)
        const lifted = await bans.deleteWhere(q.and(Ban.fields.room.eq(room), Ban.fields.user.eq(user)))
        if (lifted > 0) feed.publish(room, { kind: 'pardoned', user: name })
      },
    }
  },
}) {}
