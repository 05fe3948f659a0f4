/** Single keys that work anywhere on the page, except where somebody is typing. */

export type Shortcut = 'search' | 'lanes' | 'alarms' | 'candidates' | 'mute' | 'help' | 'close'

const KEYS: Record<string, Shortcut> = {
  '/': 'search',
  o: 'lanes',
  a: 'alarms',
  c: 'candidates',
  m: 'mute',
  '?': 'help',
  Escape: 'close',
}

export function shortcutOf(event: KeyboardEvent): Shortcut | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return null
  // What is asked in a dialog is answered there first.
  if (document.querySelector('dialog[open]')) return null
  const target = event.target as HTMLElement | null
  if (target?.closest('input, textarea, [contenteditable], [role="combobox"]')) return null
  // With the focus nowhere, an arrow key means the lanes.
  if (event.key.startsWith('Arrow') && target === document.body) return 'lanes'
  return KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null
}
