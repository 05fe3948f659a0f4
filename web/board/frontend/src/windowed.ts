/**
 * Long lists of equal rows: only the rows that can be seen, and a few around them, are there. Any of three hundred orders may
 * change at any moment, and what is not there is neither laid out nor painted again.
 */

import { computed, onBeforeUnmount, ref, watch, type ComputedRef, type Ref } from 'vue'

const AROUND = 4

export interface Windowed {
  first: ComputedRef<number>
  /** One past the last row that is there. */
  end: ComputedRef<number>
  /** Stands for the rows that are not there. */
  spacing: ComputedRef<Record<'--above' | '--below', string>>
  look: () => void
  /** Scrolls as little as is needed to have row `at` in sight. */
  reveal: (at: number) => void
}

/** list: the scrolling element; row: the height of a row, px; above and below: room that is always there, px. */
export function useWindowed(
  list: Readonly<Ref<HTMLElement | null>>,
  count: () => number,
  row: number,
  [above, below]: [number, number] = [0, 0],
): Windowed {
  const top = ref(0)
  // Few at first: the rows that fit are counted once the list is there, and are then made in a task of their own.
  const rows = ref(2)
  const first = computed(() => Math.max(0, Math.min(top.value, count() - rows.value) - AROUND))
  const end = computed(() => Math.min(count(), first.value + rows.value + 2 * AROUND))
  // Boxes before and after the rows, class `windowed`: a padding would not let the element be smaller than itself.
  const spacing = computed(() => ({
    '--above': `${above + first.value * row}px`,
    '--below': `${below + (count() - end.value) * row}px`,
  }))

  function look(): void {
    if (list.value === null) return
    top.value = Math.floor(list.value.scrollTop / row)
    rows.value = Math.ceil(list.value.clientHeight / row) + 1
  }

  function reveal(at: number): void {
    const element = list.value
    if (element === null || at < 0) return
    const start = at * row
    if (start < element.scrollTop) element.scrollTop = start
    const hidden = start + row + above + below - element.scrollTop - element.clientHeight
    if (hidden > 0) element.scrollTop += hidden
    look()
  }

  // In the next frame: all lists of the page are then made, and laid out, at once.
  const resized = new ResizeObserver(() => requestAnimationFrame(look))
  watch(list, (element, before) => {
    if (before) resized.unobserve(before)
    if (element) resized.observe(element)
  })
  onBeforeUnmount(() => resized.disconnect())
  return { first, end, spacing, look, reveal }
}
