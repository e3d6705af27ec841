"""LINE's limits on what an official account sends: messages, Flex containers, actions and rich menus."""
