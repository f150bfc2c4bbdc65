import { MemoryStore } from '@justscale/engine/memory'
import { recoveryCases } from './cases.ts'

recoveryCases('memory', async () => {
  const store = new MemoryStore()
  return {
    store: () => store,
    kill: async (session) => store.kill(session.node),
    close: () => store.close(),
  }
})
