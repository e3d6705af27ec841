// Flex properties as CSS. Keyword sizes are LINE's, in pixels at its default font setting.

const SPACE = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };
const TEXT = { xxs: 11, xs: 13, sm: 14, md: 16, lg: 19, xl: 22, xxl: 29, "3xl": 35, "4xl": 48, "5xl": 74 };
const IMAGE = { xxs: 40, xs: 60, sm: 80, md: 100, lg: 120, xl: 140, xxl: 160, "3xl": 180, "4xl": 200, "5xl": 220 };
const BORDER = { none: 0, light: 0.5, normal: 1, medium: 2, "semi-bold": 3, bold: 4 };
const ALIGN = { start: "start", center: "center", end: "end" };
const GRAVITY = { top: "flex-start", center: "center", bottom: "flex-end" };
// Components that share the width of a horizontal box; icons and separators keep theirs.
const STRETCHED = ["box", "button", "image", "text", "filler"];

export const space = (value) => (value in SPACE ? `${SPACE[value]}px` : value);

export const extent = (value, kind) =>
  value === "full" ? "100%" : kind === "image" && value in IMAGE ? `${IMAGE[value]}px` : value;

export function letters(item, inherited = false) {
  return {
    fontSize: item.size ? (item.size in TEXT ? `${TEXT[item.size]}px` : item.size) : inherited ? "" : `${TEXT.md}px`,
    fontWeight: item.weight === "bold" ? "700" : "",
    fontStyle: item.style === "italic" ? "italic" : "",
    textDecoration: item.decoration && item.decoration !== "none" ? item.decoration : "",
    color: item.color ?? "",
    textAlign: ALIGN[item.align] ?? "",
    lineHeight: item.lineSpacing ? `calc(1.3em + ${item.lineSpacing})` : "",
    ...(item.maxLines ? { display: "-webkit-box", webkitBoxOrient: "vertical", webkitLineClamp: String(item.maxLines) } : {}),
  };
}

export function paddings(item) {
  const gradient = item.background?.type === "linearGradient" ? item.background : null;
  const middle = gradient?.centerColor ? `, ${gradient.centerColor} ${gradient.centerPosition ?? "50%"}` : "";
  return {
    padding: space(item.paddingAll ?? ""),
    paddingTop: space(item.paddingTop ?? item.paddingAll ?? ""),
    paddingBottom: space(item.paddingBottom ?? item.paddingAll ?? ""),
    paddingInlineStart: space(item.paddingStart ?? item.paddingAll ?? ""),
    paddingInlineEnd: space(item.paddingEnd ?? item.paddingAll ?? ""),
    backgroundColor: item.backgroundColor ?? "",
    backgroundImage: gradient ? `linear-gradient(${gradient.angle}, ${gradient.startColor}${middle}, ${gradient.endColor})` : "",
    border: item.borderWidth ? `${border(item.borderWidth)} solid ${item.borderColor ?? "#000000"}` : "",
    borderRadius: space(item.cornerRadius ?? ""),
    width: item.width ?? "",
    height: item.height ?? "",
    maxWidth: item.maxWidth ?? "",
    maxHeight: item.maxHeight ?? "",
    justifyContent: item.justifyContent ?? "",
    alignItems: item.alignItems ?? "",
  };
}

const border = (value) => (value in BORDER ? `${BORDER[value]}px` : value);

// How a component sits in its box: share of the space, margin before it, offset, alignment.
export function placing(item, parent, place) {
  const across = parent.layout !== "vertical";
  const share = item.flex ?? (across && STRETCHED.includes(item.type) && !item.width ? 1 : 0);
  const before = place === 0 ? item.margin : item.margin ?? (item.type === "filler" ? "none" : parent.spacing);
  const style = { flex: share > 0 ? `${share} ${share} 0` : "0 0 auto", [across ? "marginInlineStart" : "marginTop"]: space(before ?? "") };
  if (item.type === "filler" && item.flex === undefined) style.flex = "1 1 0";
  if (across && item.gravity) style.alignSelf = GRAVITY[item.gravity];
  if (item.type === "image" && !across) style.alignSelf = { start: "flex-start", end: "flex-end" }[item.align] ?? "center";
  if (item.position === "absolute") style.position = "absolute";
  const offsets = { offsetTop: "top", offsetBottom: "bottom", offsetStart: "insetInlineStart", offsetEnd: "insetInlineEnd" };
  for (const [name, css] of Object.entries(offsets)) if (item[name]) style[css] = space(item[name]);
  return style;
}

export const block = (style, separable) => ({
  ...(style.backgroundColor ? { backgroundColor: style.backgroundColor } : {}),
  ...(style.separator && separable ? { borderTop: `1px solid ${style.separatorColor ?? "#d4d6da"}` } : {}),
});

export const buttonLook = (item) =>
  !item.color ? {} : (item.style ?? "link") === "link" ? { color: item.color } : { backgroundColor: item.color };
