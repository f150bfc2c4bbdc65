/** `POST /backers`. */
import { createController, ModelRepository, view } from '@justscale/core'
import { Post } from '@justscale/http'
import { z } from 'zod'
import { Backer } from './backer.ts'

export const BackerView = view(Backer, { self: true, fields: ['name'] })

export const backers = createController('/backers', {
  inject: { backers: ModelRepository.of(Backer) },
  routes: ({ backers }) => ({
    create: Post('/')
      .body(z.object({ name: z.string().min(1), email: z.email() }))
      .returns(201, BackerView)
      .handle(async ({ body, res }) => res.status(201).json(await backers.insert(body))),
  }),
})
