/** Who asks for money. */
import { defineModel, field } from '@justscale/core'

export class Creator extends defineModel({
  name: 'Creator',
  fields: {
    name: field.string().max(120),
    email: field.string().max(255).unique(),
  },
}) {}
