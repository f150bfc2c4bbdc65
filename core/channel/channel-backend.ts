/** The seam between channels and what carries their messages from node to node. */
import { defineToken } from '../service/define-token.ts'

/** Delivers text to every subscriber of a topic, on every node, in the order of one publisher. No replay. */
export abstract class ChannelBackend extends defineToken('ChannelBackend') {
  /** Resolves when the message is on its way; subscribers of this node get it too, through their callbacks. */
  abstract publish(topic: string, payload: string): Promise<void>
  /**
   * Resolves when messages published from now on will arrive. `onGap` is called when some may have been missed (a lost
   * connection that came back).
   */
  abstract subscribe(topic: string, onMessage: (payload: string) => void, onGap: () => void): Promise<ChannelListening>
}

export interface ChannelListening {
  close(): Promise<void>
}
