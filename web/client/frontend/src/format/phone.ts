/** 138 0013 8000, as one reads it out. */
export function phoneText(phone: string): string {
  return phone.replace(/^(?:\+86)?(\d{3})(\d{4})(\d{4})$/, '$1 $2 $3')
}
