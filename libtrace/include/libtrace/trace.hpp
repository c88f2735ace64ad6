/* SPDX-License-Identifier: Apache-2.0 */
/* trace.hpp - for C++: a span that ends, and a scope that is left, where their variables go out of
 * sight, also by an exception.  All of trace.h works beside it.
 *
 *	libtrace::span span(tracer, "reserve");
 *	libtrace::scope scope(span);
 *	span.set({lt_str("order.item", item), lt_int("order.qty", qty)});
 */
#ifndef LIBTRACE_TRACE_HPP
#define LIBTRACE_TRACE_HPP

#include <initializer_list>
#include <libtrace/trace.h>

namespace libtrace {

/* Owns a span; it may be moved, to another thread also, and be empty. */
class span {
public:
	span() noexcept : span_(nullptr)
	{
	}
	span(lt_tracer *tracer, const char *name, const lt_span_options *options = nullptr) noexcept
		: span_(lt_span_start(tracer, name, options))
	{
	}
	span(span &&other) noexcept : span_(other.release())
	{
	}
	span &operator=(span &&other) noexcept
	{
		if (this != &other) {
			lt_span_end(span_);
			span_ = other.release();
		}
		return *this;
	}
	span(const span &) = delete;
	span &operator=(const span &) = delete;
	~span()
	{
		lt_span_end(span_);
	}

	operator lt_span *() const noexcept /* borrowed, for all of trace.h */
	{
		return span_;
	}
	lt_span *release() noexcept /* the caller ends it */
	{
		lt_span *released = span_;
		span_ = nullptr;
		return released;
	}
	void end() noexcept
	{
		lt_span_end(release());
	}
	void set(std::initializer_list<lt_attr> attrs) noexcept
	{
		lt_span_set(span_, attrs.begin(), attrs.size());
	}
	void event(const char *name, std::initializer_list<lt_attr> attrs = {}) noexcept
	{
		lt_span_event(span_, name, attrs.begin(), attrs.size());
	}

private:
	lt_span *span_;
};

/* Makes a span current until the end of the block: a variable, never a member. */
class scope {
public:
	explicit scope(lt_span *span) noexcept
	{
		lt_scope_enter(&scope_, span);
	}
	scope(const scope &) = delete;
	scope &operator=(const scope &) = delete;
	~scope()
	{
		lt_scope_leave(&scope_);
	}

private:
	lt_scope scope_;
};

} /* namespace libtrace */

#endif
