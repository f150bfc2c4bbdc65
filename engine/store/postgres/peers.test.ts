import { expect, test } from 'bun:test'
import { Peers } from './peers.ts'

const peer = (node: number, beat: number, more: { lease?: number; silent?: boolean } = {}) => ({
  node,
  beat: String(beat),
  lease: 3_500,
  silent: false,
  ...more,
})

/** Looks at these times, each with the peers it finds, by a node whose heartbeat has gone on since `unbroken`. */
function look(times: readonly (readonly [number, ...ReturnType<typeof peer>[]])[], unbroken: number | undefined = 0) {
  const peers = new Peers()
  return times.map(([now, ...found]) => peers.judge({ peers: found }, now, unbroken).dead.map(({ node }) => node))
}

test('a peer is dead when it has not renewed its lease for as long as that is, by the clock of who looks', () => {
  expect(
    look([
      [0, peer(1, 10)],
      [3_400, peer(1, 10)],
      [3_501, peer(1, 10)],
    ]),
  ).toEqual([[], [], [1]])
  expect(
    look([
      [0, peer(1, 10)],
      [3_400, peer(1, 11)],
      [6_800, peer(1, 12)],
      [10_301, peer(1, 12)],
    ]),
  ).toEqual([[], [], [], [1]])
})

test('the clock of the server is set by hours, and the value of a lease with it: only that it changes counts', () => {
  const hour = 3_600_000_000
  expect(
    look([
      [0, peer(1, 10)],
      [3_400, peer(1, 10 + hour)],
      [6_800, peer(1, 20 - hour)],
    ]),
  ).toEqual([[], [], []])
  expect(
    look([
      [0, peer(1, hour)],
      [3_501, peer(1, hour)],
    ]),
  ).toEqual([[], [1]])
})

test('each peer has a lease of its own', () => {
  expect(
    look([
      [0, peer(1, 1, { lease: 60_000 }), peer(2, 1)],
      [4_000, peer(1, 1, { lease: 60_000 }), peer(2, 1)],
    ]),
  ).toEqual([[], [2]])
})

test('after an outage peers have the time of a lease to be back', () => {
  const looks = [
    [0, peer(1, 1)],
    [5_000, peer(1, 1)],
    [8_400, peer(1, 1)],
    [8_501, peer(1, 1)],
  ] as const
  expect(look(looks, 5_000)).toEqual([[], [], [], [1]])
  expect(new Peers().judge({ peers: [peer(1, 1)] }, 9_999, undefined).dead).toEqual([])
})

test('nobody is dead by lease for a node that does not renew its own', () => {
  const peers = new Peers()
  peers.judge({ peers: [peer(1, 1)] }, 0, 0)
  expect(peers.judge({ peers: [peer(1, 1)] }, 9_000, undefined)).toEqual({ dead: [], living: [1] })
})

test('a free session lock counts after a moment, and no more when it is held again', () => {
  const silent = { silent: true }
  expect(
    look([
      [0, peer(1, 1, silent)],
      [299, peer(1, 1, silent)],
      [300, peer(1, 1, silent)],
    ]),
  ).toEqual([[], [], [1]])
  expect(
    look([
      [0, peer(1, 1, silent)],
      [200, peer(1, 1)],
      [400, peer(1, 1, silent)],
    ]),
  ).toEqual([[], [], []])
})
