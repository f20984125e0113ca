"""Evolution API, versions 1 and 2, with its Baileys and its WHATSAPP-BUSINESS channel."""
