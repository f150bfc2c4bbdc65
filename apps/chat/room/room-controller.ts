/** Rooms over HTTP, for spectators as events, for members as a socket. */
import { createController, refOf, transaction, view } from '@justscale/core'
import { Get, Post, Put, SSE, Ws } from '@justscale/http'
import { z } from 'zod'
import { signedIn } from '../user/signed-in.ts'
import { User } from '../user/user.ts'
import { UserView } from '../user/user-controller.ts'
import { banLife } from './ban-life.ts'
import { ChatMessage, Room } from './room.ts'
import { RoomService } from './room-service.ts'

const RoomView = view(Room, { self: true, fields: ['title', 'topic', 'owner', 'members'] })
const MessageView = view(ChatMessage, { fields: ['author', 'text', 'at'] })
const Say = z.object({ text: z.string().min(1).max(2000) })
/** Minutes up to a week; without them for ever. */
const NewBan = z.object({ user: refOf(User), minutes: z.number().positive().max(10_080).optional() })

/** For the document: who calls these says who they are. */
const members = { security: ['bearer'] }

export const rooms = createController('/rooms', {
  inject: { svc: RoomService, bans: banLife },
  routes: ({ svc, bans }) => ({
    list: Get('/')
      .returns(200, z.array(RoomView))
      .handle(() => svc.list()),
    opened: SSE('/events').handle(async function* ({ signal }) {
      const feed = svc.opened(signal)
      await feed.ready
      yield { event: 'ready' }
      for await (const event of feed) yield { event: event.kind, data: event }
    }),
    create: Post('/')
      .describe(members)
      .use(signedIn)
      .body(z.object({ title: z.string().trim().min(1).max(80) }))
      .returns(201, RoomView)
      .handle(async ({ body, me, res }) => res.status(201).json(await svc.create(body.title, me))),
    show: Get('/:room')
      .types({ Room })
      .returns(200, RoomView)
      .handle(({ room }) => svc.show(room)),
    messages: Get('/:room/messages')
      .types({ Room })
      .returns(200, z.array(MessageView))
      .handle(({ room }) => svc.history(room)),
    say: Post('/:room/messages')
      .describe(members)
      .types({ Room })
      .use(signedIn)
      .body(Say)
      .returns(204)
      .handle(({ room, me, body }) => svc.say(room, me, body.text)),
    members: Get('/:room/members')
      .types({ Room })
      .returns(200, z.array(UserView))
      .handle(({ room }) => svc.members(room)),
    join: Post('/:room/members')
      .describe(members)
      .types({ Room })
      .use(signedIn)
      .returns(204)
      .handle(({ room, me }) => svc.join(room, me)),
    topic: Put('/:room/topic')
      .describe(members)
      .types({ Room })
      .use(signedIn)
      .body(z.object({ topic: z.string().trim().max(200) }))
      .returns(204)
      .handle(({ room, me, body }) => svc.setTopic(room, me, body.topic)),
    ban: Post('/:room/bans')
      .describe(members)
      .types({ Room })
      .use(signedIn)
      .body(NewBan)
      .returns(204)
      .handle(({ room, me, body: { user, minutes } }) =>
        transaction(async () => {
          await svc.ban(room, me, user, minutes)
          if (minutes !== undefined) await bans({ room, user })
        }),
      ),
    events: SSE('/:room/events')
      .types({ Room })
      .use(async ({ room }) => void (await svc.show(room)))
      .handle(async function* ({ room, signal }) {
        const feed = svc.events(room, signal)
        await feed.ready
        yield { event: 'ready' }
        for await (const event of feed) yield { event: event.kind, data: event }
      }),
    talk: Ws('/:room/talk')
      .types({ Room })
      .use(signedIn)
      .guard(({ room, me }) => svc.isMember(room, me))
      .message(Say)
      .handle(async ({ room, me, messages, send, close, closed }) => {
        const feed = svc.events(room, closed)
        await feed.ready
        await send({ kind: 'ready' })
        const forward = async () => {
          for await (const event of feed) {
            await send(event)
            if (event.kind === 'banned' && event.user === me.name) close(4003, 'Banned')
          }
        }
        const forwarding = forward()
        await messages.each(({ text }) => svc.say(room, me, text))
        await forwarding
      }),
  }),
})
