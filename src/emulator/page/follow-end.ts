import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { EndWatch } from "./end-watch.ts";

interface FollowEnd {
  /** The element that scrolls. */
  box: RefObject<HTMLDivElement | null>;
  /** What grows inside. */
  content: RefObject<HTMLDivElement | null>;
  isFollowing: Signal<boolean>;
  onScroll: () => void;
  toEnd: () => void;
}

/** What a person does before a box scrolls; a press is on the scroll bar. */
const signsOfLife = ["wheel", "touchmove", "keydown", "pointerdown"] as const;

/** Keeps the end of a growing box in view until somebody scrolls up to read. */
export function useFollowEnd(): FollowEnd {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const watch = useRef(new EndWatch());
  const isFollowing = useSignal(true);
  const toEnd = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  useEffect(() => {
    // Also when pictures load, cards open or the window changes.
    const observer = new ResizeObserver(() => {
      if (watch.current.isFollowing) toEnd();
    });
    if (content.current) observer.observe(content.current);
    if (box.current) observer.observe(box.current);
    const touched = () => watch.current.touched(performance.now());
    const scroller = box.current;
    for (const name of signsOfLife) scroller?.addEventListener(name, touched, { passive: true });
    return () => {
      observer.disconnect();
      for (const name of signsOfLife) scroller?.removeEventListener(name, touched);
    };
  }, []);
  const onScroll = () => {
    if (!box.current) return;
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    watch.current.moved({ top: scrollTop, height: scrollHeight, viewHeight: clientHeight }, performance.now());
    isFollowing.value = watch.current.isFollowing;
  };
  return { box, content, isFollowing, onScroll, toEnd };
}
