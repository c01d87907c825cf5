namespace Grid.Abstractions;

/// <summary>What a packet on a data port is. The numbers are part of the protocol.</summary>
internal enum DataPacketKind : byte
{
    /// <summary>Bytes of the source; none at all says only that the server is at work.</summary>
    Data = 1,

    /// <summary>The source has ended and every byte of it was sent.</summary>
    End = 2,

    /// <summary>The source failed: code and message.</summary>
    Error = 3,
}
