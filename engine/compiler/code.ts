/** A native region while its program is under construction. */
import type { Node } from './ast.ts'

export interface Code {
  readonly node: Node
  /** Slots of its frame that it may read. */
  readonly uses: ReadonlySet<string>
  /** Slots that it certainly writes, before any read of them. */
  readonly defines: ReadonlySet<string>
  /** Resources of frames around that it uses, as `$p.` per frame and the slot there. */
  readonly resources: ReadonlySet<string>
}
