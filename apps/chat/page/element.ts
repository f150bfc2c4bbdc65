/** The few things the page needs of the document. */

/** The first element; it is in the page, so a missing one is a mistake in the page. */
export function element<Kind extends HTMLElement = HTMLElement>(selector: string): Kind {
  const found = document.querySelector<Kind>(selector)
  if (found === null) throw new TypeError(`The page has no ${selector}`)
  return found
}

export function item(...children: readonly (Node | string)[]): HTMLElement {
  const made = document.createElement('li')
  made.append(...children)
  return made
}

export interface FormTexts {
  text(name: string): string
  clear(): void
}

/** Calls `work` instead of leaving the page. */
export function onSubmit(selector: string, work: (form: FormTexts) => unknown): void {
  const form = element<HTMLFormElement>(selector)
  form.onsubmit = (event) => {
    event.preventDefault()
    const data = new FormData(form)
    void work({ text: (name) => String(data.get(name) ?? ''), clear: () => form.reset() })
  }
}
