/** What happens in a room, to everybody who looks at it on whatever node. */
import { createChannels } from '@justscale/core'

export type RoomEvent =
  | { readonly kind: 'said'; readonly author: string; readonly text: string }
  | { readonly kind: 'topic'; readonly topic: string }
  | { readonly kind: 'joined'; readonly user: string }
  | { readonly kind: 'banned'; readonly user: string }
  | { readonly kind: 'pardoned'; readonly user: string }

export class RoomFeed extends createChannels<RoomEvent>({ name: 'room' }) {}

/** What happens to the list of rooms, to everybody who has it open. */
export class LobbyFeed extends createChannels<{ readonly kind: 'opened'; readonly title: string }>({ name: 'lobby' }) {}
