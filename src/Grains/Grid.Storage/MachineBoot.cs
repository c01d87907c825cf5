namespace Grid.Storage;

/// <summary>Tells one boot of the machine from another.</summary>
internal static class MachineBoot
{
    private const string LinuxBootId = "/proc/sys/kernel/random/boot_id";

    public static Guid Read()
    {
        try
        {
            if (File.Exists(LinuxBootId) && Guid.TryParse(File.ReadAllText(LinuxBootId).Trim(), out var boot))
                return boot;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not readable here: as where there is none.
        }

        return Guid.NewGuid();
    }
}
