namespace Grid.Abstractions;

/// <summary>How a data port answers a hello. The numbers are part of the protocol.</summary>
internal enum DataPortReply : ushort
{
    /// <summary>Packets follow.</summary>
    Accepted = 0,

    /// <summary>The ticket was never given, was used before, or has expired.</summary>
    UnknownTicket = 1,

    /// <summary>The hello does not begin as one.</summary>
    NotAHello = 2,

    /// <summary>The server does not speak the hello's version.</summary>
    UnknownVersion = 3,
}
