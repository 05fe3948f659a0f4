import { SERVER } from './address'

/** Of the sizes that there are the one for so many pixels of the screen; "" where there is no picture. */
export function pictureAddress(photo: string | null, sizes: Record<string, string> = {}, pixels = 400): string {
  const wide = Object.keys(sizes)
    .map(Number)
    .sort((a, b) => a - b)
  const fit = wide.find((size) => size >= pixels) ?? wide[wide.length - 1]
  const path = (fit === undefined ? undefined : sizes[String(fit)]) ?? photo ?? ''
  return path.startsWith('/') ? SERVER + path : path
}
