/** A room with its members, what was said in it, and who is banned from it. */
import { defineModel, field, type Locked, type Ref } from '@justscale/core'
import { User } from '../user/user.ts'

export class Room extends defineModel({
  name: 'Room',
  fields: {
    owner: field.ref(User),
    title: field.string().max(80),
    topic: field.string().max(200).default(''),
    members: field.refs(User),
  },
}) {
  has(user: Ref<User>): boolean {
    return this.members.items.some((member) => member.equals(User.ref(user)))
  }

  welcome(this: Locked<Room>, user: Ref<User>): void {
    this.members = User.refs([...this.members.items, User.ref(user)])
  }

  expel(this: Locked<Room>, user: Ref<User>): void {
    this.members = User.refs(this.members.items.filter((member) => !member.equals(User.ref(user))))
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

export class Ban extends defineModel({
  name: 'Ban',
  fields: {
    room: field.ref(Room).index(),
    user: field.ref(User),
    /** Without it the ban is for ever. */
    until: field.timestamp().optional(),
  },
}) {}
