import { repositoryContract } from '@justscale/core/repository/contract'
import { testDatabase } from '@justscale/engine/embedded'
import { repositoryApp } from './test/contract-apps.ts'

repositoryContract({ name: 'Postgres', open: async () => await repositoryApp(await testDatabase()) })
