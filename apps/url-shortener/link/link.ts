/** A short name for a long address. */
import { defineModel, field } from '@justscale/core'

export class Link extends defineModel({
  name: 'Link',
  fields: {
    slug: field.string().max(64).unique(),
    target: field.text(),
  },
}) {}
