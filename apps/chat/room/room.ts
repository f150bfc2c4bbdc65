/** A room, who is in it or banned from it, and what was said. */
import { defineModel, field, type Locked, type Ref } from '@justscale/core'
import { User } from '../user/user.ts'

export class Room extends defineModel({
  name: 'Room',
  fields: {
    owner: field.ref(User),
    title: field.string().max(80),
    topic: field.string().max(200).default(''),
    banned: field.refs(User),
  },
}) {
  ban(this: Locked<Room>, users: Iterable<Ref<User>>): void {
    this.banned = User.refs(users)
  }
}

export class ChatMessage extends defineModel({
  name: 'ChatMessage',
  fields: {
    room: field.ref(Room).index(),
    author: field.string().max(40),
    text: field.string().max(2000),
    at: field.timestamp(),
  },
}) {}
