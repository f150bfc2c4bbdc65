/** Whole numbers that follow from a seed. */
import { seededEntropy } from '../../../testing/index.ts'

export function generator(seed: number): (below: number) => number {
  const entropy = seededEntropy(seed)
  return (below) => {
    const [high = 0, low = 0] = entropy.bytes(2)
    return (high * 256 + low) % below
  }
}
