import type { FunctionComponent, Ref } from "preact";
import { VList, type VListHandle, type VListProps } from "virtua";

export type VirtualHandle = VListHandle;

/** A long list of which only the rows in view exist. Its types are React's, in which `ref` reads differently. */
export const VirtualList = VList as unknown as FunctionComponent<
  Pick<VListProps, "className" | "onScroll"> &
    Record<`on${"Wheel" | "TouchMove" | "KeyDown" | "PointerDown"}`, () => void> & { ref?: Ref<VListHandle> }
>;
