/** What tokens are signed with: the same on every node. */
import { defineAbstract } from '@justscale/core'

export interface SecretValue {
  readonly value: string
}

export const ChatSecret = defineAbstract<SecretValue>('ChatSecret')
