/** Who gives it. */
import { defineModel, field } from '@justscale/core'

export class Backer extends defineModel({
  name: 'Backer',
  fields: {
    name: field.string().max(120),
    email: field.string().max(255).unique(),
  },
}) {}
