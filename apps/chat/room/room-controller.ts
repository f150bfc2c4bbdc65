/** Rooms over HTTP, for spectators as events, for members as a socket. */
import { createController, refOf, view } from '@justscale/core'
import { Get, Post, Put, SSE, Ws } from '@justscale/http'
import { z } from 'zod'
import { signedIn } from '../user/signed-in.ts'
import { User } from '../user/user.ts'
import { ChatMessage, Room } from './room.ts'
import { RoomService } from './room-service.ts'

const RoomView = view(Room, { self: true, fields: ['title', 'topic', 'owner'] })
const MessageView = view(ChatMessage, { fields: ['author', 'text', 'at'] })
const Say = z.object({ text: z.string().min(1).max(2000) })

export const rooms = createController('/rooms', {
  inject: { svc: RoomService },
  routes: ({ svc }) => ({
    list: Get('/')
      .returns(200, z.array(RoomView))
      .handle(() => svc.list()),
    create: Post('/')
      .use(signedIn)
      .body(z.object({ title: z.string().min(1).max(80) }))
      .returns(201, RoomView)
      .handle(async ({ body, me, res }) => res.status(201).json(await svc.create(body.title, me))),
    messages: Get('/:room/messages')
      .types({ Room })
      .returns(200, z.array(MessageView))
      .handle(({ room }) => svc.history(room)),
    say: Post('/:room/messages')
      .types({ Room })
      .use(signedIn)
      .body(Say)
      .returns(204)
      .handle(({ room, me, body }) => svc.say(room, me, body.text)),
    topic: Put('/:room/topic')
      .types({ Room })
      .use(signedIn)
      .body(z.object({ topic: z.string().max(200) }))
      .returns(204)
      .handle(({ room, me, body }) => svc.setTopic(room, me, body.topic)),
    ban: Post('/:room/bans')
      .types({ Room })
      .use(signedIn)
      .body(z.object({ user: refOf(User) }))
      .returns(204)
      .handle(({ room, me, body }) => svc.ban(room, me, body.user)),
    events: SSE('/:room/events')
      .types({ Room })
      .handle(async function* ({ room, signal }) {
        const feed = svc.events(room, signal)
        await feed.ready
        yield { event: 'ready' }
        for await (const event of feed) yield { event: event.kind, data: event }
      }),
    talk: Ws('/:room/talk')
      .types({ Room })
      .use(signedIn)
      .guard(async ({ room, me }) => !(await svc.isBanned(room, me)))
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
