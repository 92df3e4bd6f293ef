// SPDX-License-Identifier: GPL-2.0-only
#include "guest/wire/message.h"

#include <type_traits>

namespace bioscope::wire {
namespace {

using nlohmann::json;

template <class T>
constexpr std::string_view kType = "";
template <>
constexpr std::string_view kType<Start> = "start";
template <>
constexpr std::string_view kType<PowerOff> = "power_off";
template <>
constexpr std::string_view kType<HostActionDone> = "host_action_done";
template <>
constexpr std::string_view kType<Hello> = "hello";
template <>
constexpr std::string_view kType<Heartbeat> = "heartbeat";
template <>
constexpr std::string_view kType<Log> = "log";
template <>
constexpr std::string_view kType<Output> = "output";
template <>
constexpr std::string_view kType<Phase> = "phase";
template <>
constexpr std::string_view kType<ModuleLoaded> = "module_loaded";
template <>
constexpr std::string_view kType<Armed> = "armed";
template <>
constexpr std::string_view kType<Assertion> = "assertion";
template <>
constexpr std::string_view kType<ScenarioEnd> = "scenario_end";
template <>
constexpr std::string_view kType<HostAction> = "host_action";
template <>
constexpr std::string_view kType<Loss> = "loss";
template <>
constexpr std::string_view kType<Rest> = "rest";
template <>
constexpr std::string_view kType<Bye> = "bye";

template <class Variant>
std::string to_text(const Variant& message) {
  return std::visit(
      []<class T>(const T& body) {
        static_assert(!kType<T>.empty());
        json object = json::object();
        if constexpr (!std::is_empty_v<T>) object = body;
        object["type"] = kType<T>;
        // A kernel may put any byte into a name; a message must go out all the same.
        return object.dump(-1, ' ', false, json::error_handler_t::replace);
      },
      message);
}

template <class Variant, std::size_t I = 0>
Result<Variant> from_object(const json& object, const std::string& type) {
  if constexpr (I == std::variant_size_v<Variant>) {
    return guest_error("a message of unknown type \"{}\"", type.substr(0, 40));
  } else {
    using T = std::variant_alternative_t<I, Variant>;
    if (type != kType<T>) return from_object<Variant, I + 1>(object, type);
    if constexpr (std::is_empty_v<T>)
      return T{};
    else
      return object.get<T>();
  }
}

template <class Variant>
Result<Variant> from_text(std::string_view text) {
  try {
    // No member is a fraction, and one out of an integer's range must not be cast to it.
    bool fraction = false;
    const json object = json::parse(text, [&](int, json::parse_event_t, const json& value) {
      fraction = fraction || value.is_number_float();
      return true;
    });
    if (fraction) return guest_error("a message with a fraction for a number");
    if (!object.is_object()) return guest_error("a message that is no JSON object");
    const auto type = object.find("type");
    if (type == object.end() || !type->is_string()) return guest_error("a message without a type");
    return from_object<Variant>(object, type->template get<std::string>());
  } catch (const json::exception& problem) {
    // The library quotes what it read, which may be all of the message.
    return guest_error("a message that cannot be read: {:.200}", problem.what());
  }
}

}  // namespace

void to_json(json& object, const Output& output) {
  std::string text;
  for (const char c : output.bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) text.push_back(static_cast<char>(0xc0 | (byte >> 6)));
    text.push_back(static_cast<char>(byte >= 0x80 ? 0x80 | (byte & 0x3f) : byte));
  }
  object = json{{"stream", output.stream}, {"text", text}};
}

void from_json(const json& object, Output& output) {
  output = {};
  output.stream = object.value("stream", output.stream);
  const std::string text = object.value("text", std::string());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0xc4) throw json::other_error::create(501, "not a byte", &object);
    if (byte >= 0x80) {
      const auto low = static_cast<unsigned char>(text[++i]);
      output.bytes.push_back(static_cast<char>(((byte & 0x03) << 6) | (low & 0x3f)));
    } else {
      output.bytes.push_back(text[i]);
    }
  }
}

std::string to_json(const ToGuest& message) { return to_text(message); }
std::string to_json(const ToHost& message) { return to_text(message); }

Result<ToGuest> parse_to_guest(std::string_view text) { return from_text<ToGuest>(text); }
Result<ToHost> parse_to_host(std::string_view text) { return from_text<ToHost>(text); }

}  // namespace bioscope::wire
