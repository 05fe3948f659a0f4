/** What a page was opened to have chosen, told to the page that it goes back to. */

let picked: number | null = null

export function pick(id: number): void {
  picked = id
}

export function takePicked(): number | null {
  const found = picked
  picked = null
  return found
}
