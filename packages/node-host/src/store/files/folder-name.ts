/** A folder of its own for an id that may hold one "/": no id is the folder around another. */
export const folderName = (id: string): string => id.replace('/', '+');
