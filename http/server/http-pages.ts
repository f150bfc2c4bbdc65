/** `HttpPages`: how a feature adds pages that are made from all routes: documentation, listings. */
import { defineContribution } from '@justscale/core'
import type { ServerPage } from './http-handler.ts'
import type { MountedRoute } from './mounted-route.ts'

export type PagesOf = (routes: readonly MountedRoute[]) => readonly ServerPage[]

export abstract class HttpPages extends defineContribution<PagesOf>('HttpPages') {}
