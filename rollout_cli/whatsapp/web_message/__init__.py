"""WhatsApp Web's own message, as Baileys hands it on: Evolution API and every gateway over Baileys send it on."""
