/** For the `preload` of bunfig.toml: makes `.proto` files importable in this OS process. */
import { plugin } from 'bun'
import { protoPlugin } from './index.ts'
import { watchEdits } from './watch.ts'

await plugin(protoPlugin())
await watchEdits()
