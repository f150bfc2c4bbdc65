/** A ban that ends by itself: the wait is durable, so it ends on time on whatever node runs then. */
import { createProcess, delay } from '@justscale/core/process'
import { User } from '../user/user.ts'
import { Room } from './room.ts'
import { RoomService } from './room-service.ts'

export const banLife = createProcess({
  path: '/room/:room/ban/:user',
  types: { room: Room, user: User },
  inject: { rooms: RoomService },
  async handler({ rooms }, { room, user }) {
    const seconds = await rooms.secondsBanned(room, user)
    await delay.seconds(seconds)
    await rooms.pardon(room, user)
  },
})
